// Who may do what, for `Symbols.Access`: access control lists, and users of SCRAM. See optional.h.
#ifndef MAPR_STREAMS_CRDKAFKA_ACCESS_H
#define MAPR_STREAMS_CRDKAFKA_ACCESS_H

#include "optional.h"

// Declared again: C allows it where both are the same, and an older header has them not.
typedef struct rd_kafka_ScramCredentialInfo_s rd_kafka_ScramCredentialInfo_t;
typedef struct rd_kafka_UserScramCredentialsDescription_s rd_kafka_UserScramCredentialsDescription_t;
typedef struct rd_kafka_UserScramCredentialAlteration_s rd_kafka_UserScramCredentialAlteration_t;
typedef struct rd_kafka_AlterUserScramCredentials_result_response_s
    rd_kafka_AlterUserScramCredentials_result_response_t;
typedef rd_kafka_event_t rd_kafka_DescribeUserScramCredentials_result_t;
typedef rd_kafka_event_t rd_kafka_AlterUserScramCredentials_result_t;
#if RD_KAFKA_VERSION < 0x020200ff
// An enumeration, as in newer headers: Swift reads the number of one in another way than a number.
typedef enum rd_kafka_ScramMechanism_t { RD_KAFKA_SCRAM_MECHANISM_UNKNOWN = 0 } rd_kafka_ScramMechanism_t;
#endif

// MARK: Access control lists

RDK_OPTIONAL(
    rd_kafka_AclBinding_t *, rd_kafka_AclBinding_new, rd_kafka_ResourceType_t, const char *,
    rd_kafka_ResourcePatternType_t, const char *, const char *, rd_kafka_AclOperation_t, rd_kafka_AclPermissionType_t,
    char *, size_t)
RDK_OPTIONAL(
    rd_kafka_AclBindingFilter_t *, rd_kafka_AclBindingFilter_new, rd_kafka_ResourceType_t, const char *,
    rd_kafka_ResourcePatternType_t, const char *, const char *, rd_kafka_AclOperation_t, rd_kafka_AclPermissionType_t,
    char *, size_t)
RDK_OPTIONAL(void, rd_kafka_AclBinding_destroy, rd_kafka_AclBinding_t *)
RDK_OPTIONAL(rd_kafka_ResourceType_t, rd_kafka_AclBinding_restype, const rd_kafka_AclBinding_t *)
RDK_OPTIONAL(const char *, rd_kafka_AclBinding_name, const rd_kafka_AclBinding_t *)
RDK_OPTIONAL(const char *, rd_kafka_AclBinding_principal, const rd_kafka_AclBinding_t *)
RDK_OPTIONAL(const char *, rd_kafka_AclBinding_host, const rd_kafka_AclBinding_t *)
RDK_OPTIONAL(rd_kafka_AclOperation_t, rd_kafka_AclBinding_operation, const rd_kafka_AclBinding_t *)
RDK_OPTIONAL(rd_kafka_AclPermissionType_t, rd_kafka_AclBinding_permission_type, const rd_kafka_AclBinding_t *)
RDK_OPTIONAL(
    rd_kafka_ResourcePatternType_t, rd_kafka_AclBinding_resource_pattern_type, const rd_kafka_AclBinding_t *)
RDK_OPTIONAL(const rd_kafka_error_t *, rd_kafka_AclBinding_error, const rd_kafka_AclBinding_t *)
RDK_OPTIONAL(const rd_kafka_error_t *, rd_kafka_acl_result_error, const rd_kafka_acl_result_t *)
RDK_OPTIONAL(
    void, rd_kafka_CreateAcls, rd_kafka_t *, rd_kafka_AclBinding_t **, size_t, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_CreateAcls_result_t *, rd_kafka_event_CreateAcls_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_acl_result_t **, rd_kafka_CreateAcls_result_acls, const rd_kafka_CreateAcls_result_t *, size_t *)
RDK_OPTIONAL(
    void, rd_kafka_DescribeAcls, rd_kafka_t *, rd_kafka_AclBindingFilter_t *, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_DescribeAcls_result_t *, rd_kafka_event_DescribeAcls_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_AclBinding_t **, rd_kafka_DescribeAcls_result_acls, const rd_kafka_DescribeAcls_result_t *, size_t *)
RDK_OPTIONAL(
    void, rd_kafka_DeleteAcls, rd_kafka_t *, rd_kafka_AclBindingFilter_t **, size_t, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(const rd_kafka_DeleteAcls_result_t *, rd_kafka_event_DeleteAcls_result, rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_DeleteAcls_result_response_t **, rd_kafka_DeleteAcls_result_responses,
    const rd_kafka_DeleteAcls_result_t *, size_t *)
RDK_OPTIONAL(
    const rd_kafka_error_t *, rd_kafka_DeleteAcls_result_response_error, const rd_kafka_DeleteAcls_result_response_t *)
RDK_OPTIONAL(
    const rd_kafka_AclBinding_t **, rd_kafka_DeleteAcls_result_response_matching_acls,
    const rd_kafka_DeleteAcls_result_response_t *, size_t *)

// MARK: Users of SCRAM

RDK_OPTIONAL(
    rd_kafka_UserScramCredentialAlteration_t *, rd_kafka_UserScramCredentialUpsertion_new, const char *,
    rd_kafka_ScramMechanism_t, int32_t, const unsigned char *, size_t, const unsigned char *, size_t)
RDK_OPTIONAL(
    rd_kafka_UserScramCredentialAlteration_t *, rd_kafka_UserScramCredentialDeletion_new, const char *,
    rd_kafka_ScramMechanism_t)
RDK_OPTIONAL(void, rd_kafka_UserScramCredentialAlteration_destroy, rd_kafka_UserScramCredentialAlteration_t *)
RDK_OPTIONAL(
    void, rd_kafka_AlterUserScramCredentials, rd_kafka_t *, rd_kafka_UserScramCredentialAlteration_t **, size_t,
    const rd_kafka_AdminOptions_t *, rd_kafka_queue_t *)
RDK_OPTIONAL(
    const rd_kafka_AlterUserScramCredentials_result_t *, rd_kafka_event_AlterUserScramCredentials_result,
    rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_AlterUserScramCredentials_result_response_t **, rd_kafka_AlterUserScramCredentials_result_responses,
    const rd_kafka_AlterUserScramCredentials_result_t *, size_t *)
RDK_OPTIONAL(
    const char *, rd_kafka_AlterUserScramCredentials_result_response_user,
    const rd_kafka_AlterUserScramCredentials_result_response_t *)
RDK_OPTIONAL(
    const rd_kafka_error_t *, rd_kafka_AlterUserScramCredentials_result_response_error,
    const rd_kafka_AlterUserScramCredentials_result_response_t *)
RDK_OPTIONAL(
    void, rd_kafka_DescribeUserScramCredentials, rd_kafka_t *, const char **, size_t, const rd_kafka_AdminOptions_t *,
    rd_kafka_queue_t *)
RDK_OPTIONAL(
    const rd_kafka_DescribeUserScramCredentials_result_t *, rd_kafka_event_DescribeUserScramCredentials_result,
    rd_kafka_event_t *)
RDK_OPTIONAL(
    const rd_kafka_UserScramCredentialsDescription_t **, rd_kafka_DescribeUserScramCredentials_result_descriptions,
    const rd_kafka_DescribeUserScramCredentials_result_t *, size_t *)
RDK_OPTIONAL(
    const char *, rd_kafka_UserScramCredentialsDescription_user, const rd_kafka_UserScramCredentialsDescription_t *)
RDK_OPTIONAL(
    const rd_kafka_error_t *, rd_kafka_UserScramCredentialsDescription_error,
    const rd_kafka_UserScramCredentialsDescription_t *)
RDK_OPTIONAL(
    size_t, rd_kafka_UserScramCredentialsDescription_scramcredentialinfo_count,
    const rd_kafka_UserScramCredentialsDescription_t *)
RDK_OPTIONAL(
    const rd_kafka_ScramCredentialInfo_t *, rd_kafka_UserScramCredentialsDescription_scramcredentialinfo,
    const rd_kafka_UserScramCredentialsDescription_t *, size_t)
RDK_OPTIONAL(
    rd_kafka_ScramMechanism_t, rd_kafka_ScramCredentialInfo_mechanism, const rd_kafka_ScramCredentialInfo_t *)
RDK_OPTIONAL(int32_t, rd_kafka_ScramCredentialInfo_iterations, const rd_kafka_ScramCredentialInfo_t *)

#endif
