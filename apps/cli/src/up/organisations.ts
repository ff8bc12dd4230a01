import type { ApiClient } from "@holdfast/client";
import type { Organisation } from "@holdfast/contract";

/** Who protects, and whom. */
export interface Organisations {
  readonly provider: Organisation;
  readonly client: Organisation;
}

/** The provider and the sample client, made at the first start and found at every other. */
export async function ensureOrganisations(
  apiClient: ApiClient,
  names: { readonly provider: string; readonly client: string },
  signal: AbortSignal,
): Promise<Organisations> {
  const { items } = await apiClient.call("listOrganisations", {}, signal);
  const provider =
    items.find((each) => each.kind === "provider") ??
    (await apiClient.call(
      "createOrganisation",
      { body: { parentId: null, kind: "provider", name: names.provider } },
      signal,
    ));
  const client =
    items.find((each) => each.kind === "client" && each.name === names.client) ??
    (await apiClient.call(
      "createOrganisation",
      { body: { parentId: provider.organisationId, kind: "client", name: names.client } },
      signal,
    ));
  return { provider, client };
}
