"""ncnn, by way of pnnx."""
