"""Authentication and quotas: API tokens, the actor behind a token, rate limits and admission control."""
