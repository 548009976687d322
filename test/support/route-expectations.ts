/** What each HTTP route answers to whom: nobody, a viewer, IT, an administrator of one ICB, one of the nation. */
export const ROUTES: Readonly<
  Record<
    string,
    { readonly method: 'GET' | 'POST'; readonly body?: object | string; readonly answers: readonly string[] }
  >
> = {
  '/v1/enrolments': {
    method: 'POST',
    body: {
      enrolmentToken: 'enrol_none',
      machines: [{ installationId: 'x', practice: 'N99001', hostname: 'x' }],
    },
    answers: Array<string>(5).fill('401 TOKEN_UNKNOWN'),
  },
  '/v1/heartbeats': {
    method: 'POST',
    body: { heartbeats: [] },
    answers: ['401 CREDENTIAL_MISSING', ...Array<string>(4).fill('401 CREDENTIAL_INVALID')],
  },
  // Shown what an import would change, and nothing is changed.
  '/v1/register/imports': {
    method: 'POST',
    body: 'Practice code,Device name\r\nN99001,SPARE-1',
    answers: ['401 CREDENTIAL_MISSING', '403 FORBIDDEN', '200', '200', '200'],
  },
  '/v1/exports/machines': {
    method: 'GET',
    answers: ['401 CREDENTIAL_MISSING', '403 FORBIDDEN', '200', '200', '200'],
  },
  '/v1/exports/work-list': {
    method: 'GET',
    answers: ['401 CREDENTIAL_MISSING', '403 FORBIDDEN', '200', '200', '200'],
  },
  '/v1/simulation/clock': {
    method: 'GET',
    answers: ['401 CREDENTIAL_MISSING', '403 FORBIDDEN', '403 FORBIDDEN', '403 FORBIDDEN', '200'],
  },
  '/graphql': { method: 'POST', body: { query: '{ __typename }' }, answers: Array<string>(5).fill('200') },
  '/livez': { method: 'GET', answers: Array<string>(5).fill('200') },
  '/readyz': { method: 'GET', answers: Array<string>(5).fill('200') },
  '/metrics': { method: 'GET', answers: Array<string>(5).fill('200') },
  // Registered only with a list of origins.
  '*': { method: 'GET', answers: Array<string>(5).fill('404 NOT_FOUND') },
};
