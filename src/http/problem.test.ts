import { describe, expect, test } from "bun:test";
import { AppError } from "../domain/errors.ts";
import { describeFailure, STATUS_OF_CODE, STATUS_TITLES } from "./problem.ts";

test("an expected failure tells its status, its code and what to do", () => {
  const { problem, isOurs } = describeFailure(new AppError("not_found", "There is no run run_1."), "req_1");
  expect(problem).toEqual({
    type: "about:blank",
    title: "Not Found",
    status: 404,
    code: "not_found",
    detail: "There is no run run_1.",
  });
  expect(isOurs).toBe(false);
});

test("a more specific code takes the place of the general one and leaves the status", () => {
  const error = new AppError("conflict", "It has ended.", { detailCode: "run_ended" });
  expect(describeFailure(error, "req_1").problem).toMatchObject({ status: 409, code: "run_ended" });
});

test("invalid input always says what is wrong, with the path or without", () => {
  const fields = [{ path: "steps[0].id", message: "is required" }];
  expect(describeFailure(new AppError("invalid", "No.", { fields }), "req_1").problem.errors).toEqual(fields);
  expect(describeFailure(new AppError("invalid", "No."), "req_1").problem.errors).toEqual([
    { path: "", message: "No." },
  ]);
});

describe("a failure of ours", () => {
  test("that nobody expected tells nothing but the request's id", () => {
    const { problem, isOurs } = describeFailure(new Error("password=hunter2"), "req_1");
    expect(problem).toEqual({
      type: "about:blank",
      title: "Internal Server Error",
      status: 500,
      code: "internal",
      requestId: "req_1",
    });
    expect(isOurs).toBe(true);
  });

  test("that passes says when to come back, in whole seconds", () => {
    const retryAfter = (retryAfterMs?: number) =>
      describeFailure(
        new AppError("unavailable", "Disk full.", retryAfterMs === undefined ? {} : { retryAfterMs }),
        "req_1",
      ).headers["retry-after"];
    expect(retryAfter(1_200)).toBe("2");
    expect(retryAfter(0)).toBe("1");
    expect(retryAfter()).toBe("2");
  });
});

test("a caller who is not known is told how to say who they are", () => {
  const { headers } = describeFailure(new AppError("unauthenticated", "Who?"), "req_1");
  expect(headers).toEqual({ "www-authenticate": 'Bearer realm="IntegrationSync"' });
});

test("every status has its title", () => {
  for (const status of Object.values(STATUS_OF_CODE)) expect(STATUS_TITLES[status]).toBeString();
});
