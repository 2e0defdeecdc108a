// 波形: the sound of a conversation. The wave is drawn from what is stored of it; the sound itself is asked for when
// somebody listens, because listening is on the record.

import { LitElement, css, html, nothing } from "lit";
import WaveSurfer from "wavesurfer.js";
import { part } from "../base/http";
import { client } from "../base/session";
import { stamp } from "../base/text";
import { controls } from "../design/controls";
import { address } from "../widget/player";
import { complain } from "./toast";

interface Peaks {
  duration_ms: number;
  channels: number[][];
}

const BEFORE_S = 0.2;
const AFTER_S = 0.2;
const SPEEDS = [1, 1.25, 1.5, 2];

export class Wave extends LitElement {
  static override styles = [
    controls,
    css`
      :host { display: block; border: 1px solid var(--dk-line); border-radius: var(--dk-radius); padding: 8px 10px; }
      .tools { display: flex; gap: 10px; align-items: center; margin-top: 4px; }
      .box { min-height: 8px; }
      .who { margin-left: auto; }
      .who i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin: 0 4px 0 10px; background: var(--dk-brand); }
      .who i.second { background: var(--dk-warn); }
    `,
  ];
  static override properties = {
    conversation: {},
    recording: {},
    length: { type: Number },
    at: { state: true },
    playing: { state: true },
    speed: { state: true },
    channels: { state: true },
  };
  declare conversation: string;
  declare recording: string;
  declare length: number;
  declare at: number;
  declare playing: boolean;
  declare speed: number;
  declare channels: number;
  readonly audio = new Audio();
  private wave: WaveSurfer | undefined;
  private ends = Infinity;

  constructor() {
    super();
    this.at = this.channels = 0;
    this.playing = false;
    this.speed = 1;
    this.audio.addEventListener("timeupdate", () => this.heard());
    this.audio.addEventListener("play", () => (this.playing = true));
    this.audio.addEventListener("pause", () => (this.playing = false));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.audio.pause();
    this.wave?.destroy();
  }

  override async firstUpdated(): Promise<void> {
    const peaks = await client.get<Peaks>(`/v1/recordings/${part(this.recording)}/peaks?bins=900`).catch(() => null);
    if (peaks?.channels.length) this.draw(peaks);
  }

  private draw({ channels, duration_ms }: Peaks): void {
    const color = (name: string): string => getComputedStyle(this).getPropertyValue(name).trim();
    const lanes = [color("--dk-brand"), color("--dk-warn")];
    const ahead = [color("--dk-wave"), color("--dk-wave-second")];
    this.channels = channels.length;
    this.length = duration_ms;
    this.wave = WaveSurfer.create({
      container: this.renderRoot.querySelector<HTMLElement>(".box")!,
      media: this.audio,
      peaks: channels,
      duration: duration_ms / 1000,
      height: channels.length > 1 ? 34 : 56,
      normalize: true,
      barWidth: 2,
      barGap: 1,
      cursorColor: color("--dk-ink"),
      progressColor: lanes[0]!,
      splitChannels: channels.map((_, n) => ({ waveColor: ahead[n % 2]!, progressColor: lanes[n % 2]! })),
    });
    allowStyle(this.wave);
    this.wave.on("interaction", (seconds) => void this.play(seconds * 1000, null, true));
  }

  private heard(): void {
    this.at = this.audio.currentTime * 1000;
    if (this.audio.currentTime >= this.ends) {
      this.audio.pause();
      this.ends = Infinity;
    }
    this.dispatchEvent(new CustomEvent("at", { detail: this.at }));
  }

  /** Plays from there to the end, or these seconds and no more. */
  async play(from_ms: number, to_ms: number | null, exact = false): Promise<void> {
    try {
      await this.loaded();
      this.ends = to_ms === null ? Infinity : to_ms / 1000 + AFTER_S;
      this.audio.currentTime = Math.max(0, from_ms / 1000 - (exact ? 0 : BEFORE_S));
      this.audio.playbackRate = this.speed;
      await this.audio.play();
    } catch (fault) {
      complain((fault as Error).name === "AbortError" ? "这段录音不能播放" : fault);
    }
  }

  private async loaded(): Promise<void> {
    if (this.audio.src.includes("ticket=")) return;
    this.audio.src = await address(client, this.conversation);
  }

  private toggle(): void {
    if (this.playing) this.audio.pause();
    else void this.play(this.at, null, true);
  }

  private faster(): void {
    this.speed = SPEEDS[(SPEEDS.indexOf(this.speed) + 1) % SPEEDS.length]!;
    this.audio.playbackRate = this.speed;
  }

  override render(): unknown {
    return html`
      <div class="box" aria-hidden="true"></div>
      <div class="tools">
        <button class="primary" @click=${this.toggle}>${this.playing ? "❚❚ 暂停" : "▶ 播放"}</button>
        <span class="hint">${stamp(this.at)} / ${stamp(this.length)}</span>
        <button class="quiet" aria-label="播放速度 ${this.speed}×" @click=${this.faster}>${this.speed}×</button>
        ${this.channels > 1 ? html`<span class="who hint"><i></i>一声道<i class="second"></i>二声道</span>` : nothing}
      </div>
    `;
  }
}

/** The wave's own sheet stands in a <dk-sheet> (build.mjs), because our pages allow no inline style: adopt it. */
function allowStyle(wave: WaveSurfer): void {
  const root = wave.getWrapper().getRootNode() as ShadowRoot;
  const written = root.querySelector("dk-sheet");
  if (!written) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(written.textContent ?? "");
  root.adoptedStyleSheets = [sheet];
  written.remove();
}

customElements.define("dk-wave", Wave);
