"""The two catalogues, zh-CN and English, and the rendering of codes into text."""
