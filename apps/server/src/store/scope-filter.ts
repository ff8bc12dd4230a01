import { assert } from "@holdfast/base";
import {
  AliasNode,
  IdentifierNode,
  JoinNode,
  OnNode,
  OperationNodeTransformer,
  TableNode,
  WhereNode,
  sql,
  type DeleteQueryNode,
  type KyselyPlugin,
  type OperationNode,
  type QueryId,
  type SelectQueryNode,
  type UpdateQueryNode,
} from "kysely";
import { commonTables, tenantTables, type Scope } from "./scope.ts";

/**
 * Adds the scope to every query built on it: each tenant's table in a FROM, JOIN, UPDATE or DELETE, however deep, gets
 * the condition that its rows belong to an organisation in reach, and to the device where the scope is one device's.
 * It is the only place where that condition is written; row-level security in the database repeats it for raw SQL.
 */
export function scopeFilter(scope: Scope): KyselyPlugin {
  const transformer = new ScopeTransformer(scope);
  return {
    transformQuery: ({ node, queryId }) => transformer.transformNode(node, queryId),
    transformResult: async ({ result }) => result,
  };
}

class ScopeTransformer extends OperationNodeTransformer {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    super();
    this.#scope = scope;
  }

  protected override transformSelectQuery(node: SelectQueryNode, queryId?: QueryId): SelectQueryNode {
    const inner = super.transformSelectQuery(node, queryId);
    return { ...inner, ...this.#narrowed(inner, node.from?.froms ?? []) };
  }

  protected override transformUpdateQuery(node: UpdateQueryNode, queryId?: QueryId): UpdateQueryNode {
    const inner = super.transformUpdateQuery(node, queryId);
    const tables = [...(node.table === undefined ? [] : [node.table]), ...(node.from?.froms ?? [])];
    return { ...inner, ...this.#narrowed(inner, tables) };
  }

  protected override transformDeleteQuery(node: DeleteQueryNode, queryId?: QueryId): DeleteQueryNode {
    const inner = super.transformDeleteQuery(node, queryId);
    return { ...inner, ...this.#narrowed(inner, node.from.froms) };
  }

  #narrowed(
    query: { readonly where?: WhereNode; readonly joins?: readonly JoinNode[] },
    tables: readonly OperationNode[],
  ): { where?: WhereNode; joins?: readonly JoinNode[] } {
    let where = query.where;
    for (const table of tables) {
      const condition = this.#condition(table);
      if (condition === undefined) continue;
      where = where === undefined ? WhereNode.create(condition) : WhereNode.cloneWithOperation(where, "And", condition);
    }
    const joins = query.joins?.map((join) => {
      const condition = this.#condition(join.table);
      if (condition === undefined) return join;
      assert(join.on !== undefined, "a tenant's table is joined without ON, where no scope can be added");
      return { ...join, on: OnNode.cloneWithOperation(join.on, "And", condition) };
    });
    return { ...(where === undefined ? {} : { where }), ...(joins === undefined ? {} : { joins }) };
  }

  #condition(source: OperationNode): OperationNode | undefined {
    const node = AliasNode.is(source) ? source.node : source;
    if (!TableNode.is(node)) return undefined; // a subquery: its own tables have been narrowed
    const table = node.table.identifier.name;
    if (commonTables.includes(table)) return undefined;
    const device = tenantTables[table as keyof typeof tenantTables];
    assert(device !== undefined, `the table ${table} is not said to be a tenant's or common`);
    const alias = AliasNode.is(source) && IdentifierNode.is(source.alias) ? source.alias.name : table;
    return scopeCondition(this.#scope, alias, device);
  }
}

function scopeCondition(scope: Scope, alias: string, device: string): OperationNode | undefined {
  const column = sql.ref(`${alias}.organisation_id`);
  const inReach = (organisationId: string) =>
    sql`${column} in (select descendant_id from organisation_reach where ancestor_id = ${organisationId}::uuid)`;
  switch (scope.kind) {
    case "installation":
      return undefined;
    case "nothing":
      return sql`false`.toOperationNode();
    case "organisation":
      return inReach(scope.organisationId).toOperationNode();
    case "device": {
      if (device === "hidden") return sql`false`.toOperationNode();
      if (device === "shared") return sql`${column} = ${scope.organisationId}::uuid`.toOperationNode();
      const own = sql.ref(`${alias}.${device}`);
      return sql`(${inReach(scope.organisationId)} and ${own} = ${scope.deviceId}::uuid)`.toOperationNode();
    }
  }
}
