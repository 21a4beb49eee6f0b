"""The live picture of a page, by whichever way this engine gets one."""

from tests.engines.web_driver import WebDriver
from tests.left_out import skip_with_go

LIVE = "document.querySelector('#camera[data-video=live]')"
HAS_WEBRTC = """'RTCPeerConnection' in window &&
    RTCRtpReceiver.getCapabilities('video').codecs.some(({ mimeType }) => mimeType === 'video/H264')"""


def wait_for_picture(page: WebDriver) -> None:
    if page.wait_for(f"[{HAS_WEBRTC}]") == [False]:  # also while it navigates
        skip_with_go(["pictures"])
    page.wait_for(LIVE)
