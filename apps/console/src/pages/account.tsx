import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { keys, sessionQuery } from "../api/queries.ts";
import { server } from "../api/server.ts";
import { Failure } from "../parts/failure.tsx";
import { Inert } from "../parts/inert.tsx";
import { Note } from "../parts/mark.tsx";
import { Page } from "../parts/page.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { SignOutButton } from "../parts/sign-out.tsx";
import { ThemeChoice } from "../parts/theme-choice.tsx";

/** Who one is here, how one signs in, and how the console looks. */
export function AccountPage() {
  const { user, role, provider, hasPassword } = useSuspenseQuery(sessionQuery).data;
  return (
    <Page narrow title="Account" actions={<SignOutButton />}>
      <Panel title="You">
        <Facts
          facts={[
            ["Name", <Inert key="name" text={user.name} />],
            ["E-mail", <Inert key="email" text={user.email} />],
            ["Role", role.replace("-", " ")],
            provider ? ["Provider", <Inert key="provider" text={provider.name} />] : undefined,
          ]}
        />
      </Panel>
      <Panel title={hasPassword ? "Change the password" : "Set a password"}>
        <SetPassword email={user.email} hasPassword={hasPassword} />
      </Panel>
      <Panel title="Colours">
        <ThemeChoice />
      </Panel>
    </Page>
  );
}

function SetPassword({ email, hasPassword }: { email: string; hasPassword: boolean }) {
  const cache = useQueryClient();
  const [password, setPassword] = useState("");
  const setting = useMutation({
    mutationFn: () => server.call("setPassword", { body: { password } }),
    onSuccess: async () => {
      setPassword("");
      await cache.invalidateQueries({ queryKey: keys.session });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setting.mutate();
  };
  return (
    <form className="hf-stack" style={{ maxInlineSize: 420 }} onSubmit={submit}>
      <p className="hf-muted">
        {hasPassword
          ? "You sign in with your e-mail and this password, or by a one-time link."
          : "So far you sign in by one-time links only. With a password you need none."}
      </p>
      {/* For password managers, which store a password under a name. */}
      <input
        className="hf-hidden"
        type="text"
        autoComplete="username"
        value={email}
        readOnly
        tabIndex={-1}
        aria-hidden
      />
      <PasswordInput
        label="New password"
        description="At least 12 characters."
        autoComplete="new-password"
        minLength={12}
        maxLength={200}
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {setting.isError && <Failure error={setting.error} />}
      {setting.isSuccess && password === "" && (
        <Note tone="good" icon="check">
          <p>The password is set.</p>
        </Note>
      )}
      <div>
        <Button type="submit" loading={setting.isPending}>
          {hasPassword ? "Change it" : "Set it"}
        </Button>
      </div>
    </form>
  );
}
