import { describe, expect, test } from "bun:test";
import { passwordProblem } from "./password-policy.ts";

const person = { email: "ada.lovelace@example.com", name: "Ada Lovelace" };

describe("a password is taken", () => {
  test.each([
    "orbit lantern seven",
    "correct horse battery staple",
    "Tr0ub4dor&3 is not it",
    "ひみつのことばはながいほうがいい",
    "aaaaaaaaaaab wind over tea",
    "xx7 rivers and a hill",
    "zwölf Boxkämpfer jagen",
  ])("%j", async (password) => expect(await passwordProblem(password, person)).toBeNull());
});

describe("a password is refused", () => {
  test.each([
    ["short", "at least 12"],
    ["🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀", "at least 12"],
    ["x".repeat(257), "at most 256"],
    ["password1234", "many people use"],
    ["Password!2345", "many people use"],
    ["1234iloveyou!!", "many people use"],
    ["1q2w3e4r5t6y", "many people use"],
    ["LEAVEMEALONE", "many people use"],
    ["ＰＡＳＳＷＯＲＤ１２３４", "many people use"],
    ["aaaaaaaaaaaa", "repeats itself"],
    ["passwordpassword", "repeats itself"],
    ["abcabcabcabcab", "repeats itself"],
    ["qwertyuiopasdf", "neighbouring keys"],
    ["0987654321098", "neighbouring keys"],
    ["ada.lovelace@example.com", "name or address"],
    ["AdaLovelace1815", "name or address"],
    ["ada lovelace!", "name or address"],
  ])("%j", async (password, reason) => expect(await passwordProblem(password, person)).toContain(reason));
});
