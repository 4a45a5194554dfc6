"""Who is asking: people and services, by the token they carry."""
