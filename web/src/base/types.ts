// The answers of the service, as far as the pages read them (docs/api.md; OpenAPI has all of it).

export interface Offer {
  status: "allowed" | "blocked";
  text: string;
  rule: string;
  rule_version: string;
  law: string;
  product_label?: string | null;
}

export interface Evidence {
  conversation_id: string;
  utterance: number;
  quote: string;
  start_ms: number | null;
  end_ms: number | null;
  speaker: string;
  said_at: string;
  sentence: string | null;
  /** Whether there is a recording of it. */
  audio?: boolean;
  /** Heard by the demo's model, which understands one synthetic voice only. */
  demo?: boolean;
}

export type Value = Record<string, unknown>;
export type Verdict = "right" | "wrong" | "corrected";

export interface Tag {
  id: string;
  tag: string;
  label: string;
  category: string;
  polarity: string;
  value: Value;
  value_text: string;
  text: string;
  status: "active" | "contradicted" | "expired" | "removed";
  reason: string;
  strength: number;
  confidence: number;
  said_at: string;
  age_days: number;
  source: string;
  source_text: string;
  holder: string;
  told_times: number;
  evidence: Evidence[];
  support: { kind: string; text: string; weight: number; at: string | null }[];
  explanation: { text: string };
  corrections: { verdict: Verdict; by: string; at: string }[];
  suitability: Offer | null;
}

export interface Line {
  text: string;
  reason: string;
  tag_id: string | null;
  suitability: Offer | null;
}

export interface Feature {
  label: string;
  value: unknown;
  text: string;
  reason: string;
  parts: { code: string; text: string; value: unknown }[];
}

export interface OpenOpportunity {
  id: string;
  playbook: string;
  playbook_label: string;
  key: string | null;
  key_label: string | null;
  state: string;
  state_label: string;
  owner_id: string;
  owner_name: string;
  opened_at: string;
  due_at: string;
  discharged_at: string | null;
  overdue: boolean;
  attempts: number;
  low_yuan: number | null;
  high_yuan: number | null;
  suitability: Offer | null;
}

export interface Profile {
  customer: string;
  as_of: string;
  members: string[];
  contradictions: { kind: string; tag: string; label: string; text: string; question: string; tag_ids: string[] }[];
  three_lines: Line[];
  next_question: Line | null;
  tags: Tag[];
  categories: { name: string; tag_ids: string[] }[];
  contact: { time: Feature; channel: Feature };
  static: Record<string, unknown>;
  behaviour: Record<string, Feature>;
  suitability: Record<string, unknown> | null;
  rights: { refused: string[]; text: string } | null;
  opportunities: OpenOpportunity[];
}

export interface Opportunity extends OpenOpportunity {
  customer_id: string;
  customer_name: string;
  opened_by: string;
  due_provisional: boolean;
  closed_at: string | null;
  won_at: string | null;
  unassisted: boolean;
  self_reported: boolean;
}

export interface Cause {
  at: string;
  state?: string;
  text?: string;
  why?: string;
  conversation?: string | null;
  event?: string | null;
  evidence?: number[];
  words?: (string | null)[];
  /** As of Evidence. */
  demo?: boolean;
}

export interface OpportunityDetail extends Opportunity {
  causes: Cause[];
  misses: Record<string, unknown>[];
  evidence: Evidence[];
  conversation_id: string | null;
  actions: { outcome: string; comment: string; at: string }[];
}

export interface Utterance {
  index: number;
  speaker: string;
  text: string;
  start_ms: number | null;
  end_ms: number | null;
  at: string | null;
  suspect: boolean;
  revoked: boolean;
  tags: { assertion_id: string; tag: string; label: string; polarity: string; start: number; end: number }[];
}

export interface Conversation {
  id: string;
  channel: string;
  customer_id: string;
  customer_name: string;
  advisor_id: string;
  advisor_name: string;
  direction: string;
  answered: boolean;
  started_at: string;
  ended_at: string;
  source_text: string;
  has_audio: boolean;
  recording_id?: string | null;
  read: boolean;
  notes: string[];
  utterances: Utterance[];
  assertions: { id: string; tag: string; label: string; value_text: string }[];
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface CustomerRow {
  id: string;
  name: string;
  advisor_id: string;
  advisor_name: string;
  open_opportunities: number;
  overdue_opportunities: number;
  last_contact_at: string | null;
}

export interface TimelineEntry {
  kind: "conversation" | "attempt" | "note" | "event" | "browse" | "feedback" | "snapshot" | "opportunity";
  id: string;
  at: string;
  title: string;
  detail: Record<string, unknown>;
}

export interface Me {
  login: string;
  role: "advisor" | "manager" | "compliance" | "admin" | "ingest";
  advisor_id: string | null;
  advisor_name: string | null;
  branch_id: string | null;
  branch_name: string | null;
}
