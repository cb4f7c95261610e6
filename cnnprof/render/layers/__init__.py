"""The layers of one network: what each costs, and where its time goes."""
