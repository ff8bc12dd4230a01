import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, type FormEvent } from "react";
import { signIn } from "../api/sign-in.ts";
import { Brand } from "../parts/brand.tsx";
import { Failure } from "../parts/failure.tsx";
import { Note } from "../parts/mark.tsx";
import classes from "./sign-in.module.css";

/** The door: with a password, or by a one-time link that led here because it no longer opens. */
export function SignInPage() {
  const { next, error: linkError } = useSearch({ from: "/sign-in" });
  const cache = useQueryClient();
  const router = useRouter();
  const attempt = useMutation({
    mutationFn: (entered: { email: string; password: string }) => signIn(entered.email, entered.password),
    onSuccess: async () => {
      cache.clear();
      await router.navigate({ href: next ?? "/", replace: true });
    },
  });
  useEffect(() => {
    document.title = "Sign in · Holdfast";
  }, []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const entered = new FormData(event.currentTarget);
    attempt.mutate({ email: String(entered.get("email")), password: String(entered.get("password")) });
  };
  return (
    <main className={classes["door"]}>
      <div className={classes["card"]}>
        <div className={classes["brand"]}>
          <Brand size={34} />
          <h1>Sign in to Holdfast</h1>
        </div>
        {linkError !== undefined && (
          <Note tone="warn" icon="clock">
            <p className="hf-strong">This link no longer signs in.</p>
            <p>
              A sign-in link works once, and only for a short time; this one was used already, or its time is over. Ask
              for a new one on the server's machine:
            </p>
            <code className={classes["command"]}>npm run holdfast -- admin sign-in-link</code>
          </Note>
        )}
        <form className="hf-stack" onSubmit={submit}>
          <TextInput label="E-mail" name="email" type="email" autoComplete="username" required />
          <PasswordInput label="Password" name="password" autoComplete="current-password" required />
          {attempt.isError && <Failure error={attempt.error} />}
          <Button type="submit" loading={attempt.isPending} fullWidth>
            Sign in
          </Button>
        </form>
        <p className="hf-small hf-muted">
          The first time, you come in by the one-time link that the start of Holdfast printed; set a password under
          Account afterwards.
        </p>
      </div>
    </main>
  );
}
