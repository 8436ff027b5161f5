"""The media of a pack, each rendered from the same exhibits."""
