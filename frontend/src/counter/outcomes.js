// Which look and which sound an answer has: one of six classes. The server's templates say the same (templates/counter).
export const CLASS = {
  look: "look", piece: "look", changed: "look",
  collected: "go", ok: "go",
  already_collected: "again", undone: "again",
  not_ready: "wait", not_paid: "wait",
  needs_check: "check", several: "check", other_point: "check", wrong_day: "check", not_listed: "check", needs_network: "check",
  refund: "check", part: "check", shortage: "check",
  cancelled: "stop", refunded: "stop", revoked: "stop", unknown: "stop", taken_back: "stop", refused: "stop",
};

export const classOf = (outcome) => CLASS[outcome] ?? "stop"; // what nobody knows, nobody hands over
