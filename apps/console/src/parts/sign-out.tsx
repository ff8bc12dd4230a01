import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { signOut } from "../api/sign-in.ts";
import { Failure } from "./failure.tsx";
import { Icon } from "./icon.tsx";

/** Ends the session, forgets everything that was fetched in it, and shows the door. */
export function SignOutButton() {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const leaving = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      await navigate({ to: "/sign-in" });
      cache.clear();
    },
  });
  return (
    <>
      {leaving.isError && <Failure error={leaving.error} />}
      <Button
        variant="default"
        leftSection={<Icon name="leave" />}
        loading={leaving.isPending}
        onClick={() => leaving.mutate()}
      >
        Sign out
      </Button>
    </>
  );
}
