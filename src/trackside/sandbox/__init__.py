"""An embedded service on loopback that speaks the TwelveLabs API, for trying the client without a key.

It holds a small sample store, answers by quoting captions (there is no model in it) and misbehaves on
demand. It imports nothing of the client's protocol layer, so that it can't repeat that layer's mistakes.
Start one with `trackside.sandbox.server.SandboxServer`; the web server is imported only then.
"""
