"""PURE: the voice menus. A flow is data (definitions/*.yaml); the engine is `step(flow, state, event) -> Step`."""
