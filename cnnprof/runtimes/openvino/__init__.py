"""OpenVINO, from an ONNX file or a network exported to one."""
