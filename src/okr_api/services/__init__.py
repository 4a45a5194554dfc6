"""The cadence: what a team does with its OKRs, one function for each thing."""
