// One container, in the shape that topology.json gives it.
param accountName string
param databaseName string
param name string
param shape object

@description('The most RU/s that it may grow to; 0 where the account is serverless.')
param maximumThroughput int

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' existing = {
  name: accountName
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-10-15' existing = {
  parent: account
  name: databaseName
}

resource container 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-10-15' = {
  parent: database
  name: name
  properties: {
    resource: {
      id: name
      partitionKey: {
        paths: shape.partitionKey
        kind: length(shape.partitionKey) > 1 ? 'MultiHash' : 'Hash'
        version: 2
      }
      // The same as shared/platform/topology.py makes it.
      indexingPolicy: {
        indexingMode: 'consistent'
        includedPaths: map(shape.indexed, path => { path: endsWith(path, '*') ? path : '${path}/?' })
        excludedPaths: [{ path: '/*' }]
        compositeIndexes: map(shape.composite, paths => map(paths, path => { path: path, order: 'ascending' }))
      }
      defaultTtl: shape.ttl // null is as good as not there
    }
    options: maximumThroughput == 0 ? {} : { autoscaleSettings: { maxThroughput: maximumThroughput } }
  }
}
