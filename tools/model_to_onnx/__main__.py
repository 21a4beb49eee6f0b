import sys

from tools.model_to_onnx import pets

pets.main(sys.argv[1:])
