"""ShuffleNet V2's guidelines G1 to G4, read off the graph: where a network moves more bytes than its macs need."""
