"""Pictures: records -> a neutral Chart -> a file through matplotlib, or characters through plotext."""
