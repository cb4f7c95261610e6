"""ONNX file to Graph: the same kinds and attributes as from a module, by shape inference, without torch."""

from cnnprof.trace.onnx.network import OnnxNetwork, open_onnx

__all__ = ["OnnxNetwork", "open_onnx"]
