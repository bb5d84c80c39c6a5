"""Version of the package, also written into every exported mp4."""

VERSION = "0.1.0"
