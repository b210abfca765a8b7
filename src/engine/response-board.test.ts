import { expect, test } from "bun:test";
import { ResponseBoard } from "./response-board.ts";

const answer = { kind: "responded", response: { status: 200, headers: {}, body: "hi" } } as const;

test("everyone who waits for a run gets its answer, and nobody else", async () => {
  const board = new ResponseBoard();
  const [one, two, other] = [board.wait("run_1", 1_000), board.wait("run_1", 1_000), board.wait("run_2", 30)];
  board.post("run_1", answer);
  expect(await Promise.all([one.answer, two.answer])).toEqual([answer, answer]);
  expect(await other.answer).toEqual({ kind: "timeout" });
});

test("the first answer counts", async () => {
  const board = new ResponseBoard();
  const waiting = board.wait("run_1", 1_000);
  board.post("run_1", answer);
  board.post("run_1", { kind: "ended", status: "succeeded" });
  expect(await waiting.answer).toEqual(answer);
});

test("who leaves, or comes after the answer, gets none", async () => {
  const board = new ResponseBoard();
  const leaving = board.wait("run_1", 1_000);
  leaving.leave();
  board.post("run_1", answer);
  expect(await leaving.answer).toBeNull();
  expect(await board.wait("run_1", 10).answer).toEqual({ kind: "timeout" });
});

test("when the server stops, everyone is answered as if their time were up", async () => {
  const board = new ResponseBoard();
  const waiting = [board.wait("run_1", 60_000), board.wait("run_2", 60_000)];
  board.giveUp();
  for (const { answer: given } of waiting) expect(await given).toEqual({ kind: "timeout" });
});
