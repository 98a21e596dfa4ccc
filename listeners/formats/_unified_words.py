"""The words of GCN's core schemas (gcn-schema v4, `gcn/notices/core`), which pass into the vocabulary as they are."""

from __future__ import annotations

#: Read on their own; never copied.
IDENTITIES = frozenset(
    {"$schema", "mission", "instrument", "messenger", "id", "ids", "event_name", "trigger_time", "alert_datetime"}
    | {"healpix_file", "data_archive_page"}
)

_CORE = (
    # Alert, Reporter, Event, DateTime
    "alert_tense alert_type record_number spectral_band spectral_band_units trigger_time_error observation_start "
    "observation_stop observation_livetime "
    # Localization, Pointing, GeoLocBase
    "ra dec ra_dec_error containment_probability systematic_included instrument_phi instrument_theta "
    "instrument_semimajor_angle healpix_url ra_pointing dec_pointing roll position_angle attitude_quarternion "
    "rotation_rate time latitude longitude altitude mcilwain_l geoloc_time "
    # Duration, DispersionMeasure, Photometry, HardnessRatio
    "t90 t90_error t50 t50_error dm dm_error filter mag mag_error mag_system limiting_mag limiting_mag_sigma "
    "hardness_ratio hardness_ratio_error energy_range_soft energy_range_hard "
    # Distance, Redshift, FollowUp, AdditionalInfo
    "luminosity_distance luminosity_distance_error redshift redshift_error redshift_measure redshift_type ref_type "
    "ref_instrument ref_ID reference additional_info "
    # Statistics
    "far trigger_type net_count_rate background_count_rate rate_snr rate_duration rate_energy_range image_snr "
    "image_duration image_energy_range p_astro classification properties "
    # Spectral
    "best_fit_model power_law cutoff_power_law band flux flux_error flux_unit limiting_flux limiting_flux_sigma "
    "flux_spectral_band flux_spectral_unit flux_time_range flux_density flux_density_error limiting_flux_density "
    "limiting_flux_density_sigma flux_density_unit flux_density_spectral_point flux_density_spectral_point_unit "
    "flux_density_time_range fluence fluence_error fluence_spectral_band fluence_time_range "
    # Used by several missions with one meaning
    "light_curve_url nu_energy snr"
)
CORE = frozenset(_CORE.split())
