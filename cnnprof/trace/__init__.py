"""nn.Module to Graph: every op of one forward pass, found without computing anything."""
