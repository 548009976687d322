/**
 * Who may call a route:
 *
 * - `NATIONAL_ADMIN` an administrator of the whole nation; judged by `guardRoutes` before anything else.
 * - `IT` whoever looks after machines somewhere; the route holds what it does to where (`accessOf`).
 * - `ENROLMENT_TOKEN` the route itself judges the token in the body.
 * - `EACH_FIELD` GraphQL: every field by itself (`graphql/field-policies.ts`).
 * - `ANYBODY` says nothing about any machine, practice or person.
 */
export type RoutePolicy = 'NATIONAL_ADMIN' | 'IT' | 'ENROLMENT_TOKEN' | 'EACH_FIELD' | 'ANYBODY';

/** The policies of all routes, by path. What is not named here cannot be served. Heartbeats come by no route (`heartbeat.endpoint.ts`). */
export const ROUTE_POLICIES: Readonly<Record<string, RoutePolicy>> = {
  '/v1/enrolments': 'ENROLMENT_TOKEN',
  '/v1/register/imports': 'IT',
  '/v1/simulation/clock': 'NATIONAL_ADMIN',
  '/v1/exports/machines': 'IT',
  '/v1/exports/work-list': 'IT',
  '/graphql': 'EACH_FIELD',
  '/livez': 'ANYBODY',
  '/readyz': 'ANYBODY',
  '/metrics': 'ANYBODY',
  // What a browser asks before a page of a listed origin may ask (CORS); registered only with such a list.
  '*': 'ANYBODY',
};
