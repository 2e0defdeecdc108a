"""录音的形状: what routes take and give about recordings."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from asr.models import RecordingState


class RecordingFields(BaseModel):
    """录音是谁的, 什么时候的."""

    customer_id: str = Field(min_length=1, max_length=100)
    advisor_id: str = Field(min_length=1, max_length=100)
    started_at: AwareDatetime
    call_id: str | None = Field(None, max_length=200)
    direction: Literal["in", "out"] = "out"
    answered: bool = True
    advisor_channel: int | None = Field(None, ge=0, le=1, description="双声道时投顾在哪一声道")
    encoding: str | None = Field(
        None, max_length=40, description="没有文件头的录音怎么读: alaw, mulaw, s16le, 或 alaw/8000/2"
    )
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$", description="文件内容应有的 sha256; 不符则拒收")


class RecordingIn(RecordingFields):
    """按路径 (recordings_dir 之内) 或按地址 (DONGKE_RECORDING_SOURCES 之下) 登记的录音: 二者给其一."""

    model_config = ConfigDict(extra="forbid")

    path: str | None = Field(None, min_length=1, max_length=1000)
    url: str | None = Field(None, min_length=1, max_length=2000, description="s3://… 或 https://…; 签名不会保存")

    @model_validator(mode="after")
    def _one_of_them(self) -> "RecordingIn":
        if (self.path is None) == (self.url is None):
            raise ValueError("path 和 url 要给一个, 且只给一个")
        return self


class ChannelOut(BaseModel):
    """一个声道: 谁的声音, 多响."""

    channel: int
    role: Literal["advisor", "customer"] | None = Field(description="单声道或两声道相同时为空: 说话人靠内容判断")
    lufs: float | None = Field(description="EBU R128 响度; 太轻则为空")
    rms_db: float = Field(description="全长平均, dBFS")
    peak_db: float = Field(description="最响一点, dBFS")


class RecordingOut(BaseModel):
    """录音, 它的声音和处理状态."""

    id: str
    sha256: str
    customer_id: str
    customer_name: str
    advisor_id: str
    started_at: datetime
    received_at: datetime
    direction: str
    answered: bool
    duration_ms: int
    size_bytes: int
    channels: int
    rate: int = Field(description="Hz")
    codec: str
    container: str
    encoding: str | None
    source_url: str | None = Field(description="从哪里取来; 不含账号和签名")
    is_dual_mono: bool = Field(description="两声道相同, 或有一个没有声音")
    channel_map: list[ChannelOut]
    state: RecordingState
    state_label: str
    state_at: datetime = Field(description="从什么时候起是这个状态")
    reason: str | None
    code: str | None = Field(description="失败原因的代码")
    has_sidecar: bool
    transcript_source: str | None
    conversation_id: str | None


class StepOut(BaseModel):
    """到过的一个状态."""

    state: RecordingState
    state_label: str
    reason: str | None
    at: datetime


class RecordingDetail(RecordingOut):
    """一段录音, 连同到过的每个状态."""

    history: list[StepOut]
    worker: str | None = Field(description="哪个进程正在转写")


class RecordingPage(BaseModel):
    """录音列表的一页."""

    items: list[RecordingOut]
    counts: dict[str, int] | None = Field(description="能看的录音里每个状态有多少; 要了 counts 才给")
    next_cursor: str | None


Peak = Annotated[float, Field(ge=0, le=1)]


class PeaksOut(BaseModel):
    """波形: 每个声道一列, 0 到 1."""

    duration_ms: int
    channels: list[list[Peak]]
