"""What the player in the browser is sent: head, clip, sound. `docs/player.md` describes the formats."""

from viewer.web.wire.clip import pack_clip, sound_key
from viewer.web.wire.head import PackedHead, pack_head
from viewer.web.wire.sound import wav_bytes

__all__ = ["PackedHead", "pack_clip", "pack_head", "sound_key", "wav_bytes"]
