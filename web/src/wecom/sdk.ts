// Which external contact the side bar stands beside (getCurExternalContact of 企业微信's JS-SDK).

import { client } from "../base/session";

interface Signed {
  corp_id: string;
  agent_id: string;
  timestamp: number;
  nonce: string;
  config_signature: string;
  agent_signature: string;
}

interface Sdk {
  config(given: object): void;
  ready(done: () => void): void;
  error(failed: (fault: { errMsg: string }) => void): void;
  agentConfig(given: object): void;
  invoke(name: string, given: object, done: (found: { err_msg: string; userId?: string }) => void): void;
}

declare global {
  interface Window {
    wx?: Sdk;
  }
}

const SCRIPTS = ["https://res.wx.qq.com/open/js/jweixin-1.2.0.js", "https://res.wx.qq.com/wwopen/js/jwxwork-1.0.0.js"];
const CALL = "getCurExternalContact";

/** The userid of the contact. Raises an error that can be shown. */
export async function contact(): Promise<string> {
  if (!window.wx && !/wxwork/i.test(navigator.userAgent)) throw new Error("请在企业微信的聊天侧边栏里打开");
  const address = location.href.split("#")[0]!;
  const signed = client.post<Signed>("/v1/wecom/signature", { url: address });
  if (!window.wx) for (const src of SCRIPTS) await script(src);
  const wx = window.wx!;
  await configured(wx, await signed);
  return new Promise((found, failed) =>
    wx.invoke(CALL, {}, ({ err_msg, userId }) => (userId ? found(userId) : failed(new Error(`企业微信没有给出联系人 (${err_msg})`)))),
  );
}

function script(src: string): Promise<void> {
  return new Promise((done, failed) => {
    const element = document.createElement("script");
    element.src = src;
    element.referrerPolicy = "origin";
    element.addEventListener("load", () => done());
    element.addEventListener("error", () => failed(new Error("企业微信的脚本打不开")));
    document.head.append(element);
  });
}

function configured(wx: Sdk, s: Signed): Promise<void> {
  const common = { timestamp: s.timestamp, nonceStr: s.nonce, jsApiList: [CALL] };
  return new Promise((done, failed) => {
    wx.error(({ errMsg }) => failed(new Error(`企业微信不接受这个页面 (${errMsg})`)));
    wx.ready(() =>
      wx.agentConfig({
        ...common,
        corpid: s.corp_id,
        agentid: s.agent_id,
        signature: s.agent_signature,
        success: () => done(),
        fail: ({ errMsg }: { errMsg: string }) => failed(new Error(`企业微信不接受这个应用 (${errMsg})`)),
      }),
    );
    wx.config({ ...common, beta: true, debug: false, appId: s.corp_id, signature: s.config_signature });
  });
}
