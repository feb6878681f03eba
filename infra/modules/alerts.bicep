// What somebody has to look at. docs/operations-guide.md says what each means and what to do.
param actionGroupName string
param alertEmail string
param workspaceId string
param cosmosId string
param serviceBusId string
param queueNames array
param topicNames array

@description('Whether there is throughput that can be used up.')
param provisioned bool
param location string
param tags object

// Service Bus counts the dead letters of a topic over all its subscriptions; which one it is, the
// app measures, while it runs.
var entities = concat(queueNames, topicNames)

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'libro'
    enabled: true
    emailReceivers: empty(alertEmail) ? [] : [{ name: 'operator', emailAddress: alertEmail, useCommonAlertSchema: true }]
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = [for entity in entities: {
  name: 'dead-letters-${entity}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages were given up: ${entity}.'
    severity: 1
    enabled: true
    scopes: [serviceBusId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead-letters'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: [entity] }]
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Maximum'
        }
      ]
    }
    autoMitigate: true
    actions: [{ actionGroupId: people.id }]
  }
}]

resource backlog 'Microsoft.Insights/metricAlerts@2018-03-01' = [for queue in queueNames: {
  name: 'backlog-${queue}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages come faster than they are worked off: ${queue}.'
    severity: 2
    enabled: true
    scopes: [serviceBusId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'backlog'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'ActiveMessages'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: [queue] }]
          operator: 'GreaterThan'
          threshold: 1000
          timeAggregation: 'Minimum'
        }
      ]
    }
    autoMitigate: true
    actions: [{ actionGroupId: people.id }]
  }
}]

resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'cosmos-throttled'
  location: 'global'
  tags: tags
  properties: {
    description: 'Cosmos DB turns requests away (429).'
    severity: 2
    enabled: true
    scopes: [cosmosId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'throttled'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.DocumentDB/databaseAccounts'
          metricName: 'TotalRequests'
          dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['429'] }]
          operator: 'GreaterThan'
          threshold: 100
          timeAggregation: 'Count'
        }
      ]
    }
    autoMitigate: true
    actions: [{ actionGroupId: people.id }]
  }
}

resource nearlyFull 'Microsoft.Insights/metricAlerts@2018-03-01' = if (provisioned) {
  name: 'cosmos-nearly-full'
  location: 'global'
  tags: tags
  properties: {
    description: 'A partition of Cosmos DB has used nine tenths of its throughput for a quarter of an hour.'
    severity: 3
    enabled: true
    scopes: [cosmosId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'nearly-full'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.DocumentDB/databaseAccounts'
          metricName: 'NormalizedRUConsumption'
          dimensions: [{ name: 'CollectionName', operator: 'Include', values: ['*'] }]
          operator: 'GreaterThan'
          threshold: 90
          timeAggregation: 'Average'
        }
      ]
    }
    autoMitigate: true
    actions: [{ actionGroupId: people.id }]
  }
}

// Those that ask the logs: how many lines there are, or what the highest value is for each thing.
// The names in a query are those that the app writes.
var questions = [
  {
    name: 'failed-requests'
    text: 'Requests, or functions of feeds, queues and timers, fail.'
    severity: 1
    every: 'PT5M'
    window: 'PT5M'
    // The host and the app each write a request for the same work, under one operation.
    query: 'AppRequests | where Success == false and (toint(ResultCode) >= 500 or ResultCode == "0" or isempty(ResultCode)) | summarize TimeGenerated = max(TimeGenerated) by OperationId'
    value: ''
    silence: false
    each: ''
    threshold: 5
  }
  {
    name: 'refused-callers'
    text: 'Hundreds of requests in a quarter of an hour came without a right to what they asked for.'
    severity: 2
    every: 'PT15M'
    window: 'PT15M'
    // Those without a valid token are refused by the platform, and only its own logs know them.
    query: 'AppRequests | where ResultCode in ("401", "403") | summarize TimeGenerated = max(TimeGenerated) by OperationId'
    value: ''
    silence: false
    each: ''
    threshold: 300
  }
  {
    name: 'sync-lag'
    text: 'A customer has been waiting for an account number for five minutes.'
    severity: 2
    every: 'PT5M'
    window: 'PT10M'
    query: 'AppMetrics | where Name == "libro.sync.lag" | extend Company = tostring(Properties["libro.legal_entity"]), Seconds = Max'
    value: 'Seconds'
    silence: false
    each: 'Company'
    threshold: 300
  }
  {
    name: 'consent-lag'
    text: 'A decision about consent has not reached every record for five minutes.'
    severity: 2
    every: 'PT5M'
    window: 'PT10M'
    query: 'AppMetrics | where Name == "libro.consent.waiting" | extend Company = tostring(Properties["libro.legal_entity"]), Seconds = Max'
    value: 'Seconds'
    silence: false
    each: 'Company'
    threshold: 300
  }
  {
    name: 'placeholder-contact'
    text: 'More than a thousand customers have one contact point: opt-ins there count nowhere.'
    severity: 3
    every: 'PT15M'
    window: 'PT30M'
    query: 'AppMetrics | where Name == "libro.point.holders" | extend Company = tostring(Properties["libro.legal_entity"]), Holders = Max'
    value: 'Holders'
    silence: false
    each: 'Company'
    threshold: 1000
  }
  {
    name: 'many-customers'
    text: 'An employee has looked at more customers within an hour than the company finds usual.'
    severity: 2
    every: 'PT5M'
    window: 'PT10M'
    query: 'AppMetrics | where Name == "libro.access.many" | extend Company = tostring(Properties["libro.legal_entity"]), Callers = Sum'
    value: 'Callers'
    silence: false
    each: 'Company'
    threshold: 0
  }
  {
    name: 'erasure-overdue'
    text: 'The erasure of a customer should have been completed a day ago.'
    severity: 1
    every: 'PT15M'
    window: 'PT30M'
    query: 'AppMetrics | where Name == "libro.erasure.overdue" | extend Company = tostring(Properties["libro.legal_entity"]), Overdue = Max'
    value: 'Overdue'
    silence: false
    each: 'Company'
    threshold: 0
  }
  {
    name: 'erasure-not-clean'
    text: 'An erasure has found something three times after everything was erased.'
    severity: 1
    every: 'PT15M'
    window: 'PT30M'
    query: 'AppMetrics | where Name == "libro.erasure.rounds" | extend Company = tostring(Properties["libro.legal_entity"]), Rounds = Max'
    value: 'Rounds'
    silence: false
    each: 'Company'
    threshold: 2
  }
  {
    name: 'dead-letters-of-subscriptions'
    text: 'Messages of a subscription were given up.'
    severity: 1
    every: 'PT5M'
    window: 'PT10M'
    query: 'AppMetrics | where Name == "libro.dead_letters" | extend Entity = tostring(Properties["messaging.destination.name"]), Letters = Max | where Entity contains "/subscriptions/"'
    value: 'Letters'
    silence: false
    each: 'Entity'
    threshold: 0
  }
  {
    name: 'changes-set-aside'
    text: 'The function of a change feed could not digest a document, and went on without it.'
    severity: 1
    every: 'PT5M'
    window: 'PT5M'
    query: 'AppMetrics | where Name == "libro.feed.set_aside" | extend Function = tostring(Properties["libro.operation"]), Changes = Sum'
    value: 'Changes'
    silence: false
    each: 'Function'
    threshold: 0
  }
  {
    name: 'index-repaired'
    text: 'The nightly audit found customers whom the index of changes lacked: a feed has lost something.'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    query: 'AppMetrics | where Name == "libro.distribution.index_repaired" | extend Company = tostring(Properties["libro.legal_entity"]), Customers = Sum'
    value: 'Customers'
    silence: false
    each: 'Company'
    threshold: 0
  }
  {
    name: 'index-lag'
    text: 'For five minutes the index of changes has been more than a minute behind.'
    severity: 2
    every: 'PT5M'
    window: 'PT5M'
    query: 'AppMetrics | where Name == "libro.distribution.index_lag" | extend Company = tostring(Properties["libro.legal_entity"]) | summarize Worst = max(Max) by Company, Minute = bin(TimeGenerated, 1m) | summarize Seconds = min(Worst) by Company'
    value: 'Seconds'
    silence: false
    each: 'Company'
    threshold: 60
  }
  {
    name: 'run-age'
    text: 'A run of a distribution job has not ended for three times the interval of the job.'
    severity: 2
    every: 'PT5M'
    window: 'PT10M'
    query: 'AppMetrics | where Name == "libro.distribution.run_age" | extend Job = strcat(tostring(Properties["libro.legal_entity"]), " ", tostring(Properties["libro.job"])), Intervals = Max / toreal(Properties["libro.interval"])'
    value: 'Intervals'
    silence: false
    each: 'Job'
    threshold: 3
  }
  {
    name: 'channel-lag'
    text: 'A channel has not applied a package for half an hour, and others have.'
    severity: 2
    every: 'PT5M'
    window: 'PT15M'
    // Of a channel that was late all the time; not where all are late, unless there is only one.
    query: 'let lags = AppMetrics | where Name == "libro.distribution.channel_lag" | extend Chain = strcat(tostring(Properties["libro.legal_entity"]), " ", tostring(Properties["libro.job"])), Channel = tostring(Properties["libro.channel"]) | summarize Seconds = min(Max) by Chain, Channel; lags | join kind=inner (lags | summarize Channels = count(), Late = countif(Seconds > 1800) by Chain) on Chain | where Late < Channels or Channels == 1 | project Session = strcat(Chain, " ", Channel), Seconds'
    value: 'Seconds'
    silence: false
    each: 'Session'
    threshold: 1800
  }
  {
    name: 'apply-failed'
    text: 'A channel could not apply a package three times, or does not hold what it should.'
    severity: 2
    every: 'PT5M'
    window: 'PT5M'
    query: 'AppMetrics | where Name == "libro.distribution.apply_failed" | where tostring(Properties["libro.reason"]) != "retry" | extend Session = strcat(tostring(Properties["libro.legal_entity"]), " ", tostring(Properties["libro.job"]), " ", tostring(Properties["libro.channel"])), Failures = Sum'
    value: 'Failures'
    silence: false
    each: 'Session'
    threshold: 0
  }
  {
    name: 'unexpected-fulls'
    text: 'A group got more than one full package in a day that nothing explains but channels that fail.'
    severity: 3
    every: 'PT1H'
    window: 'P1D'
    query: 'AppMetrics | where Name == "libro.distribution.fulls" | where tostring(Properties["libro.reason"]) !in ("asked", "first", "scope", "schema", "age", "deltas", "rows") | summarize Fulls = sum(Sum) by Chain = strcat(tostring(Properties["libro.legal_entity"]), " ", tostring(Properties["libro.job"]), " ", tostring(Properties["libro.group"]))'
    value: 'Fulls'
    silence: false
    each: 'Chain'
    threshold: 1
  }
  {
    name: 'sweeper-silent'
    text: 'The sweeper has not said for a quarter of an hour who waits: it stands still, or telemetry does.'
    severity: 2
    every: 'PT5M'
    window: 'PT15M'
    query: 'AppRequests | where Name == "synchronize_customers_and_channel_requests"'
    value: ''
    silence: true
    each: ''
    threshold: 0
  }
  {
    name: 'secret-expiry'
    text: 'A secret of the vault ends within thirty days, or has ended.'
    severity: 2
    every: 'PT1H'
    window: 'PT1H'
    query: 'AZKVAuditLogs | where OperationName in ("SecretNearExpiryEventGridNotification", "SecretExpiredEventGridNotification")'
    value: ''
    silence: false
    each: ''
    threshold: 0
  }
]

resource asked 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for question in questions: {
  name: question.name
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: question.name
    description: question.text
    severity: question.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: question.every
    windowSize: question.window
    // The tables come to be with the first line that is written to them.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: question.query
          timeAggregation: empty(question.value) ? 'Count' : 'Maximum'
          metricMeasureColumn: empty(question.value) ? null : question.value
          dimensions: empty(question.each) ? [] : [{ name: question.each, operator: 'Include', values: ['*'] }]
          // The service knows `Equal`, and answers 400 to the `Equals` of its types.
          operator: question.silence ? 'Equal' : 'GreaterThan'
          threshold: question.threshold
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    autoMitigate: question.name != 'secret-expiry'
    actions: { actionGroups: [people.id] }
  }
}]
