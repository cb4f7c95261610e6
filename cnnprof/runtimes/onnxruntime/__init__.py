"""ONNX Runtime, and the int8 networks that its tool makes."""
