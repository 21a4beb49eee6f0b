"""The photographs that the bench uses; licences and origins are in ``bench/README.md``."""

from bench.picture_packages import kept

# package of PyPI or Debian: {name: SHA-256 of the file in it}
PHOTOGRAPHS = {
    "darknet": {
        "dog on a porch": "5a9522051c3cec2bbd2f6323fccba32e8fbf3ddcc2b3e2fd46b04c720bc6f866",
        "man in blue": "cdcbab947e46110fc2b77784ac54ddbbab2640f1e44cb5e91fc8984a9793a7d1",
    },
    "gcompris-qt-data": {
        "cat with a ball": "ab7c3e1b04e80bc567b00dba49946918b5a38be1f37618f0d2b4887ef5792770",
        "kitten": "c6f3a52585a3d6179c78e15375a9d9b11f37bfd0ac33b477f3b67cda06c59727",
        "shepherd": "5e9d9544495740101e4cfff817d986b683731112b2cf17fde2e4c2a26c3c5314",
    },
    "opencv-doc": {
        "brown dog": "4d2cf040de084fd3f34d5e3f96f1251faaa4787c1ac3b548fec5809a0d01854e",
        "aloe": "cce5736808efe80d9f04b118dbb978c344d4345672b332718c3e039a3eeb8eee",
        "books": "fb314330c3eb0a81651c682803e73b348898157267fbc37c4c2c07d1b3a8e321",
    },
    "scikit-image": {
        "Chelsea": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        "astronaut": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        "motorcycle": "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179",
        "coffee": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
        "brick": "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
        "gravel": "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
        "grass": "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
        "rocket": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
        "hubble": "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
    },
    "tuxpaint-stamps-default": {
        "husky": "63b3906f5b3cfcb406d8cf99ea0252a84d2d2b60795b5e275c0b4f2b9985b71a",
        "dingo": "665de674b6adc0b89437cfa4e6635fcce180e4725367592383848d1f3e345484",
        "fireman walking": "f5dc02ba8ad333d241be8d10c85158ace66598a06cde52b01199708ac26b0d51",
        "fireman": "9774b54817b29e5ee38d74459d5d1107653330f1d709afbfd23419499a7b1a71",
    },
}


def photograph(name: str) -> bytes | None:
    """The file (PNG, JPEG or WebP); None where its package, or the photograph in it, cannot be had."""
    package = next(package for package, names in PHOTOGRAPHS.items() if name in names)
    return kept(package, frozenset(PHOTOGRAPHS[package].values())).get(PHOTOGRAPHS[package][name])
