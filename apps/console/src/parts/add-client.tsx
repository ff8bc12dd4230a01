import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { keys, sessionQuery } from "../api/queries.ts";
import { server } from "../api/server.ts";
import { Failure } from "./failure.tsx";

/** Adds a client and goes to its page, where its devices are enrolled. */
export function AddClient({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { provider } = useSuspenseQuery(sessionQuery).data;
  const cache = useQueryClient();
  const navigate = useNavigate();
  const adding = useMutation({
    mutationFn: (name: string) =>
      server.call("createOrganisation", {
        body: { parentId: provider?.organisationId ?? null, kind: "client", name },
      }),
    onSuccess: async ({ organisationId }) => {
      await cache.invalidateQueries({ queryKey: keys.organisations });
      onClose();
      await navigate({ to: "/clients/$organisationId", params: { organisationId } });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    adding.mutate(String(new FormData(event.currentTarget).get("name")));
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Add a client" closeButtonProps={{ "aria-label": "Close" }}>
      <form className="hf-stack" onSubmit={submit}>
        <TextInput
          label="Name"
          description="As it stands on certificates and reports."
          name="name"
          maxLength={200}
          required
          data-autofocus
        />
        {adding.isError && <Failure error={adding.error} />}
        <div className="hf-row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" loading={adding.isPending}>
            Add
          </Button>
        </div>
      </form>
    </Modal>
  );
}
