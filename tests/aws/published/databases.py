"""Documents about databases, clusters and what watches over them."""

from collections.abc import Generator
from typing import Any

from tests.aws.cloud import Cloud
from tests.aws.front import Call, Reply
from tests.aws.published.cases import State, outputs_of, runs

Told = Generator[dict[str, Any], State, None]


def database(cloud: Cloud, name: str, **more: Any) -> str:
    """The ARN of a database."""
    made = cloud.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=10,
        **more,
    )
    return str(made["DBInstance"]["DBInstanceArn"])


def look(cloud: Cloud, name: str) -> dict[str, Any]:
    answer = cloud.client("rds").describe_db_instances(DBInstanceIdentifier=name)
    found: dict[str, Any] = answer["DBInstances"][0]
    return found


def cluster(cloud: Cloud, name: str) -> str:
    """The ARN of a cluster of databases."""
    made = cloud.client("rds").create_db_cluster(
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        MasterUsername="root",
        MasterUserPassword="password",
    )
    return str(made["DBCluster"]["DBClusterArn"])


def look_at_cluster(cloud: Cloud, name: str) -> dict[str, Any]:
    answer = cloud.client("rds").describe_db_clusters(DBClusterIdentifier=name)
    found: dict[str, Any] = answer["DBClusters"][0]
    return found


def alarm(cloud: Cloud, name: str) -> str:
    """An alarm that is quiet."""
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        MetricName="errors",
        Namespace="shop",
        Period=60,
        EvaluationPeriods=1,
        Statistic="Sum",
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="quiet")
    return name


def warehouse(cloud: Cloud, name: str) -> str:
    cloud.client("redshift").create_cluster(
        ClusterIdentifier=name,
        NodeType="dc2.large",
        MasterUsername="root",
        MasterUserPassword="Password1",
        PubliclyAccessible=True,
    )
    return name


@runs("DisablePublicAccessToRDSInstance.yaml")
def made_private(cloud: Cloud) -> Told:
    """moto modifies at once; the document waits to see it happen."""
    arn = database(cloud, "public-one", PubliclyAccessible=True)
    looks: list[str] = []

    def describe(call: Call) -> Reply | None:
        modified = any(
            sent["DBInstanceIdentifier"] == "public-one" for sent in cloud.front.calls_of("ModifyDBInstance")
        )
        if call.parameters.get("DBInstanceIdentifier") != "public-one" or not modified or looks:
            return None
        looks.append("modifying")
        body = (
            "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>"
            "<DBInstanceStatus>modifying</DBInstanceStatus>"
            "</DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>"
        )
        return 200, {"Content-Type": "text/xml"}, body.encode()

    cloud.front.reply("DescribeDBInstances", describe)
    yield {"RDSInstanceARN": arn, "AutomationAssumeRole": cloud.role("rds-private")}
    assert look(cloud, "public-one")["PubliclyAccessible"] is False
    assert looks == ["modifying"]


@runs("EnableRDSInstanceDeletionProtection.yaml")
def protected(cloud: Cloud) -> Told:
    arn, role = database(cloud, "loose-one"), cloud.role("rds-protects")
    yield {"RDSInstanceARN": arn, "AutomationAssumeRole": role, "ApplyImmediately": True}
    assert look(cloud, "loose-one")["DeletionProtection"] is True


@runs("EnableMultiAZOnRDSInstance.yaml")
def already_in_two_zones(cloud: Cloud) -> Told:
    arn, role = database(cloud, "twin-one", MultiAZ=True), cloud.role("rds-twins")
    state = yield {"RDSInstanceARN": arn, "AutomationAssumeRole": role}
    assert state["path"][-1] == "EndIfMultiAZAlreadyEnabled"
    assert look(cloud, "twin-one")["MultiAZ"] is True


@runs("EnableRDSClusterDeletionProtection.yaml")
def cluster_protected(cloud: Cloud) -> Told:
    arn, role = cluster(cloud, "loose-cluster"), cloud.role("cluster-protects")
    yield {"RDSClusterARN": arn, "AutomationAssumeRole": role}
    assert look_at_cluster(cloud, "loose-cluster")["DeletionProtection"] is True


@runs("EnableCopyTagsToSnapshotOnRDSCluster.yaml")
def tags_copied(cloud: Cloud) -> Told:
    arn, role = cluster(cloud, "untagged-cluster"), cloud.role("cluster-tags")
    yield {"RDSClusterARN": arn, "AutomationAssumeRole": role}
    assert look_at_cluster(cloud, "untagged-cluster")["CopyTagsToSnapshot"] is True


@runs("EncryptRDSSnapshot.yaml")
def snapshot_encrypted(cloud: Cloud) -> Told:
    rds = cloud.client("rds")
    database(cloud, "kept-one")
    rds.create_db_snapshot(DBSnapshotIdentifier="plain-copy", DBInstanceIdentifier="kept-one")
    state = yield {
        "SourceDBSnapshotIdentifier": "plain-copy",
        "TargetDBSnapshotIdentifier": "secret-copy",
        "DBSnapshotType": "snapshot",
        "AutomationAssumeRole": cloud.role("rds-encrypts"),
    }
    found = {each["DBSnapshotIdentifier"]: each for each in rds.describe_db_snapshots()["DBSnapshots"]}
    assert "plain-copy" not in found
    assert found["secret-copy"]["Encrypted"] is True
    copied = state["outputs"]["CopyRdsSnapshotToEncryptedRdsSnapshot.EncryptedSnapshotId"]
    assert copied == ["secret-copy"]


@runs("aws-StopRdsInstance.json")
def database_stopped(cloud: Cloud) -> Told:
    database(cloud, "awake-one")
    yield {"InstanceId": "awake-one"}
    assert look(cloud, "awake-one")["DBInstanceStatus"] == "stopped"


@runs("aws-StartRdsInstance.json")
def database_started(cloud: Cloud) -> Told:
    database(cloud, "asleep-one")
    cloud.client("rds").stop_db_instance(DBInstanceIdentifier="asleep-one")
    yield {"InstanceId": "asleep-one"}
    assert look(cloud, "asleep-one")["DBInstanceStatus"] == "available"


@runs("aws-RebootRdsInstance.json")
def database_rebooted(cloud: Cloud) -> Told:
    database(cloud, "tired-one")
    state = yield {"InstanceId": "tired-one"}
    assert outputs_of(state, "wait_for_state")["Payload"] == "available"
    assert cloud.stack_status(f"RebootRdsInstanceStack{state['execution_id']}") == "GONE"


@runs("rds__test__instance_reboot__2020-04-01__Documents__AutomationDocument.yml")
def rebooted_under_watch(cloud: Cloud) -> Told:
    database(cloud, "watched-one")
    watch, role = alarm(cloud, "quiet-one"), cloud.role("reboots-one")
    yield {"DbInstanceId": "watched-one", "SyntheticAlarmName": watch, "AutomationAssumeRole": role}
    assert look(cloud, "watched-one")["DBInstanceStatus"] == "available"


@runs("rds__test__force_maz_failover__2020-04-01__Documents__AutomationDocument.yml")
def failed_over(cloud: Cloud) -> Told:
    """The assertion that leads to the reboot fails by design, and is not critical."""
    database(cloud, "twin-two", MultiAZ=True)
    watch, role = alarm(cloud, "quiet-two"), cloud.role("fails-over")
    state = yield {"DbInstanceId": "twin-two", "SyntheticAlarmName": watch, "AutomationAssumeRole": role}
    assert state["path"][-1] == "AssertAlarmToBeGreen"
    forced = [call.get("ForceFailover") for call in cloud.front.calls_of("RebootDBInstance")]
    assert "true" in forced


@runs("docdb__test__reboot_db_instance__2020-09-21__Documents__AutomationDocument.yml")
def member_rebooted(cloud: Cloud) -> Told:
    cluster(cloud, "member-cluster")
    cloud.client("rds").create_db_instance(
        DBInstanceIdentifier="member-one",
        DBInstanceClass="db.t3.medium",
        Engine="aurora-postgresql",
        DBClusterIdentifier="member-cluster",
    )
    yield {
        "DBClusterIdentifier": "member-cluster",
        "DBInstanceIdentifier": "member-one",
        "SyntheticAlarmName": alarm(cloud, "quiet-three"),
        "AutomationAssumeRole": cloud.role("reboots-two"),
    }
    assert look(cloud, "member-one")["DBInstanceStatus"] == "available"


@runs("DisablePublicAccessToRedshiftCluster.yaml")
def warehouse_made_private(cloud: Cloud) -> Told:
    name, role = warehouse(cloud, "open-house"), cloud.role("redshift-private")
    yield {"ClusterIdentifier": name, "AutomationAssumeRole": role}
    [found] = cloud.client("redshift").describe_clusters(ClusterIdentifier=name)["Clusters"]
    assert found["PubliclyAccessible"] is False


@runs("EnableRedshiftClusterAuditLogging.yaml")
def warehouse_audited(cloud: Cloud) -> Told:
    cloud.client("s3").create_bucket(Bucket="audit-logs")
    name, role = warehouse(cloud, "quiet-house"), cloud.role("redshift-logs")
    yield {"ClusterIdentifier": name, "BucketName": "audit-logs", "AutomationAssumeRole": role}
    told = cloud.client("redshift").describe_logging_status(ClusterIdentifier=name)
    assert (told["LoggingEnabled"], told["BucketName"]) == (True, "audit-logs")


@runs("EnableDynamoDBDeletionProtection.yaml")
def table_protected(cloud: Cloud) -> Told:
    dynamodb = cloud.client("dynamodb")
    made = dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield {
        "ResourceArn": made["TableDescription"]["TableArn"],
        "AutomationAssumeRole": cloud.role("dynamodb"),
    }
    assert dynamodb.describe_table(TableName="orders")["Table"]["DeletionProtectionEnabled"] is True


@runs("EnableCloudTrailLogFileValidation.yaml")
def trail_validated(cloud: Cloud) -> Told:
    cloud.client("s3").create_bucket(Bucket="trail-logs")
    cloudtrail = cloud.client("cloudtrail")
    cloudtrail.create_trail(Name="all-calls", S3BucketName="trail-logs")
    yield {"TrailName": "all-calls", "AutomationAssumeRole": cloud.role("cloudtrail")}
    assert cloudtrail.get_trail(Name="all-calls")["Trail"]["LogFileValidationEnabled"] is True


@runs("EnableMacie.yaml")
def macie_enabled(cloud: Cloud) -> Told:
    yield {"AutomationAssumeRole": cloud.role("macie")}
    session = cloud.client("macie2").get_macie_session()
    assert (session["status"], session["findingPublishingFrequency"]) == ("ENABLED", "SIX_HOURS")


@runs("aws-CreateEKSClusterWithNodegroup.yml")
def cluster_with_nodes(cloud: Cloud) -> Told:
    subnets = [each["SubnetId"] for each in cloud.client("ec2").describe_subnets()["Subnets"][:2]]
    yield {
        "AutomationAssumeRole": cloud.role("eks-makes"),
        "ClusterName": "shop",
        "ClusterRoleArn": cloud.role("eks-cluster"),
        "NodegroupName": "workers",
        "NodegroupRoleArn": cloud.role("eks-nodes"),
        "SubnetIds": subnets,
    }
    eks = cloud.client("eks")
    assert eks.describe_cluster(name="shop")["cluster"]["status"] == "ACTIVE"
    assert eks.list_nodegroups(clusterName="shop")["nodegroups"] == ["workers"]


@runs("EnableElastiCacheReplicationGroupFailover.yaml")
def cache_fails_over(cloud: Cloud) -> Told:
    elasticache = cloud.client("elasticache")
    elasticache.create_replication_group(
        ReplicationGroupId="sessions", ReplicationGroupDescription="d", Engine="redis", NumCacheClusters=2
    )
    yield {"GroupId": "sessions", "AutomationAssumeRole": cloud.role("elasticache")}
    [found] = elasticache.describe_replication_groups(ReplicationGroupId="sessions")["ReplicationGroups"]
    assert found["AutomaticFailover"] == "enabled"
