"""Writes MediaPipe's pet detector as ONNX, for tools/model: python -m tools.model_to_onnx MODEL.tflite OUT.onnx OUT.txt

    pets         what petcam takes of the model, and what the file says of itself
    tflite_file  reads TFLite (by the `tflite` package, which nothing else here needs)
    net          a network, free of file formats
    ssd          which of it is kept, and how it is said in ONNX
    onnx_file    lays an ONNX file out, its weights where a reader can use them in place
    protobuf     the few bytes that a field is
    compare      whether both files compute the same, by the runtimes of others; for whoever changes the converter

The same TFLite gives the same bytes, with every Python and numpy and on every machine: nothing is computed, numbers
are only widened (float16 to float32, exact) and moved. That is also why ONNX is written by 150 lines of our own and
not by the `onnx` package: protobuf promises no fixed order of bytes from one version to the next, and cannot be told
where in the file a field shall begin.
"""
