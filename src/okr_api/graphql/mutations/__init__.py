"""The mutations: each unpacks its input, hands it to what a team does, and answers what became of it."""
