import os

# onnxruntime collects unless told not to before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
