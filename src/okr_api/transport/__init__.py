"""HTTP and WebSocket transport: routes, authentication, and limits on connections and requests."""
