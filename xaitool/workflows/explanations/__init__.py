"""``explain`` and `xaitool.attribute`: what is explained, by what, against what, and the files."""
