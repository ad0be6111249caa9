/** What botocore publishes of a service: the shapes of its inputs, with their documentation. */
export interface PublishedModel {
  readonly shapes: Readonly<Record<string, Shape>>
}

interface Shape {
  readonly type: string
  readonly documentation?: string
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, Member>>
  readonly member?: Member
  readonly key?: Member
  readonly value?: Member
  readonly enum?: readonly string[]
}

interface Member {
  readonly shape: string
  readonly documentation?: string
}

/** A reference to another resource: any text, known only when it is deployed. */
const isReference = (value: unknown): boolean =>
  isObject(value) && Object.keys(value).every((key) => key === 'Ref' || key.startsWith('Fn::'))
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** CloudFormation writes the members of the API with a capital. */
const memberOf = (name: string): string => name[0].toLowerCase() + name.slice(1)
const plain = (documentation = ''): string => documentation.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ')

/** What Batch itself says of a parameter that it refuses for a job on Fargate. */
const notOnFargate =
  /(isn't applicable to|not supported for|isn't supported for)( single-node container jobs or)? jobs (that )?(are )?run(ning)? on Fargate resources/

/** Where a value breaks the service's own model; each as its path and what is wrong. */
export function violations(
  model: PublishedModel,
  shapeName: string,
  value: unknown,
  { onFargate = false, path = shapeName } = {},
): string[] {
  if (isReference(value)) return []
  const shape = model.shapes[shapeName]
  const inside = (member: Member, inner: unknown, name: string): string[] =>
    violations(model, member.shape, inner, { onFargate, path: `${path}.${name}` })
  switch (shape.type) {
    case 'structure': {
      if (!isObject(value)) return [`${path} is no structure`]
      const given = new Map(Object.entries(value).map(([name, inner]) => [memberOf(name), inner]))
      const missing = (shape.required ?? []).filter((name) => !given.has(name))
      return [
        ...missing.map((name) => `${path}.${name} is missing`),
        ...[...given].flatMap(([name, inner]) => {
          const member = shape.members?.[name]
          if (!member) return [`${path}.${name} is no parameter of the service`]
          const refused = onFargate && inner !== false && notOnFargate.test(plain(member.documentation))
          return refused ? [`${path}.${name} is not for Fargate`] : inside(member, inner, name)
        }),
      ]
    }
    case 'list':
      if (!Array.isArray(value)) return [`${path} is no list`]
      return value.flatMap((inner, index) => inside(shape.member as Member, inner, String(index)))
    case 'map':
      if (!isObject(value)) return [`${path} is no map`]
      return Object.entries(value).flatMap(([name, inner]) => inside(shape.value as Member, inner, name))
    case 'string':
      if (typeof value !== 'string') return [`${path} is no text`]
      return shape.enum && !shape.enum.includes(value) ? [`${path} is '${value}', not one of ${shape.enum}`] : []
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${path} is not true or false`]
    case 'integer':
    case 'long':
      return Number.isInteger(value) ? [] : [`${path} is no whole number`]
    default:
      throw new Error(`a ${shape.type} is not judged here`)
  }
}
