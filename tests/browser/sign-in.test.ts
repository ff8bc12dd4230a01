import type { Page } from "playwright-core";
import { expect } from "vitest";
import { signInLink } from "./installation.ts";
import { test } from "./stage.ts";

const password = "a long enough password";
/** Setting a password ends the other sessions of the user, so it is not the user of the other tests. */
const email = "second@holdfast.test";

test("a link signs in once, and the second time says so", async ({ visitor, stage }) => {
  const link = await signInLink(stage.home);
  await visitor.goto(link);
  await visitor.getByRole("heading", { name: "Devices" }).waitFor();
  await visitor.context().clearCookies();
  await visitor.goto(link);
  await visitor.getByText("This link no longer signs in.").waitFor();
  expect(new URL(visitor.url()).pathname).toBe("/sign-in");
});

test("a password that was set signs in, and leads back to the page that asked for it", async ({ visitor, stage }) => {
  await visitor.goto(await signInLink(stage.home, email));
  await visitor.getByRole("heading", { name: "Devices" }).waitFor();
  await visitor.goto("/account");
  await visitor.getByLabel("New password").fill(password);
  await visitor.getByRole("button", { name: "Set it" }).click();
  await visitor.getByText("The password is set.").waitFor();
  await signOut(visitor);

  await signIn(visitor, "/sign-in?next=%2Fclients");
  await visitor.getByRole("heading", { name: "Clients" }).waitFor();
  await signOut(visitor);
  await signIn(visitor, "/sign-in?next=https%3A%2F%2Felsewhere.test%2F");
  await visitor.getByRole("heading", { name: "Devices" }).waitFor();
  expect(new URL(visitor.url()).origin).toBe(stage.consoleUrl);
});

async function signOut(visitor: Page): Promise<void> {
  await visitor.goto("/account");
  await visitor.getByRole("button", { name: "Sign out" }).click();
  await visitor.getByRole("heading", { name: "Sign in to Holdfast" }).waitFor();
}

async function signIn(visitor: Page, address: string): Promise<void> {
  await visitor.goto(address);
  await visitor.getByLabel("E-mail").fill(email);
  await visitor.getByLabel("Password").fill(password);
  await visitor.getByRole("button", { name: "Sign in" }).click();
}
