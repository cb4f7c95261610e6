"""The ONNX file of a network: exported, blamed where that fails, and what such a file is fed and computed in."""
