"""The GPU library: tensors in, tensors out; no files, no printing, no arguments."""
