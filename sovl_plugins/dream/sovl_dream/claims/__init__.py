"""What statements claim of the world: relations that have one value at a time, compared without a model."""
