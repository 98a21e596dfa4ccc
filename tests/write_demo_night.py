"""Writes the messages of the demo night, `config/demo/2017-08-17`: python tests/write_demo_night.py [FOLDER].

Every message is of our own making. Times, positions, areas, rates and numbers are the published ones (Abbott et
al. 2017, ApJL 848, L12 and L13; Goldstein et al. 2017, ApJL 848, L14; Savchenko et al. 2017, ApJL 848, L15;
Coulter et al. 2017, Science 358, 1556; Hjorth et al. 2017, ApJL 848, L31). Circulars carry the numbers and times
of the real ones and say in our words what those report. Two candidates, S170817zz (retracted) and MS170817b (a
mock), are invented. Maps have the published areas and distance; their shapes are stand-ins.
"""

from __future__ import annotations

import base64
import io
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.time import Time
from astropy_healpix import HEALPix
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parent.parent / "config" / "demo" / "2017-08-17"
T0 = "2017-08-17T12:41:04.430Z"
COARSE = 3  # HEALPix order of cells without probability, 7.3 degrees
REWORDED = "Nuncius demo night; this is a rewording, the original is circular {number} in the GCN archive"


def cells(order: int) -> tuple[NDArray[np.int64], SkyCoord]:
    """All cells of an order and their centres."""
    grid = HEALPix(2**order, order="nested")
    pixels = np.arange(grid.npix)
    lon, lat = grid.healpix_to_lonlat(pixels)
    return pixels, SkyCoord(lon, lat)


def map_fits(uniq: NDArray[np.int64], density: NDArray[np.float64], distance: tuple[float, float] | None) -> bytes:
    """A multi-order map as the LVK write it: UNIQ and PROBDENSITY, distance in the header."""
    order = (np.floor(np.log2(uniq / 4.0)) / 2).astype(int)
    density = density / np.sum(density * math.pi / (3 * 4.0**order))
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column("UNIQ", "K", array=uniq),
            fits.Column("PROBDENSITY", "E", unit="sr-1", array=density.astype(np.float32)),
        ]
    )
    table.header.update({"PIXTYPE": "HEALPIX", "ORDERING": "NUNIQ", "COORDSYS": "C", "MOCORDER": int(order.max())})
    if distance:
        table.header.update({"DISTMEAN": distance[0], "DISTSTD": distance[1]})
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(out)
    return out.getvalue()


def ellipse_map(
    ra: float, dec: float, angle_deg: float, area_90: float, ratio: float, distance: tuple[float, float], finest: int
) -> bytes:
    """A Gaussian whose 90 % region has `area_90` square degrees: cells are split down to order `finest` wherever
    they may hold probability."""
    minor = math.sqrt(area_90 / (math.pi * -2 * math.log(0.1) * ratio))
    peak = SkyCoord(ra, dec, unit="deg")

    def sigmas(points: SkyCoord, margin_deg: float = 0.0) -> NDArray[np.float64]:
        radius, angle = peak.separation(points).deg, peak.position_angle(points).rad - math.radians(angle_deg)
        along = np.maximum(np.abs(radius * np.cos(angle)) - margin_deg, 0) / (minor * ratio)
        across = np.maximum(np.abs(radius * np.sin(angle)) - margin_deg, 0) / minor
        value: NDArray[np.float64] = np.hypot(along, across)
        return value

    pixels = np.arange(12 * 4**COARSE)
    uniq, density = [], []
    for order in range(COARSE, finest + 1):
        lon, lat = HEALPix(2**order, order="nested").healpix_to_lonlat(pixels)
        centres = SkyCoord(lon, lat)
        split = (sigmas(centres, margin_deg=58.6 / 2**order) < 4.0) & (order < finest)
        uniq.append(pixels[~split] + 4 ** (order + 1))
        density.append(np.exp(-(sigmas(centres[~split]) ** 2) / 2) + 1e-12)
        pixels = (4 * pixels[split][:, None] + np.arange(4)).ravel()
    return map_fits(np.concatenate(uniq), np.concatenate(density), distance)


def hanford_map() -> bytes:
    """What one detector alone knows: its antenna pattern at T0, (F+^2 + Fx^2)^(3/2). Arms of LIGO Hanford from
    Althouse et al. (2001), Rev. Sci. Instrum. 72, 3086."""
    x_arm = np.array([-0.22389266154, 0.79983062746, 0.55690487831])
    y_arm = np.array([-0.91397818574, 0.02609403989, -0.40492342125])
    tensor = (np.outer(x_arm, x_arm) - np.outer(y_arm, y_arm)) / 2
    pixels, sky = cells(4)
    gmst = Time(T0[:-1], scale="utc").sidereal_time("mean", "greenwich", model="IAU1982").rad
    lon, lat = sky.ra.rad - gmst, sky.dec.rad
    east = np.stack([-np.sin(lon), np.cos(lon), 0 * lon])
    north = np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    plus = np.einsum("ip,ij,jp->p", east, tensor, east) - np.einsum("ip,ij,jp->p", north, tensor, north)
    cross = 2 * np.einsum("ip,ij,jp->p", east, tensor, north)
    return map_fits(pixels + 4**5, (plus**2 + cross**2) ** 1.5, None)


def lvk(
    name: str,
    alert: str,
    created: str,
    *,
    sky: bytes | None = None,
    time: str = T0,
    far: float = 3.48e-12,
    classes: dict[str, float] | None = None,
    ns: float = 1.0,
    instruments: tuple[str, ...] = ("H1", "L1", "V1"),
    pipeline: str = "gstlal",
) -> dict[str, Any]:
    """An alert in the `igwn.gwalert` schema; without a sky map it is a retraction."""
    head = {"alert_type": alert, "time_created": created, "superevent_id": name}
    head["urls"] = {"gracedb": f"https://example.org/superevents/{name}/view/"}  # type: ignore[assignment]
    if sky is None:
        return {**head, "event": None, "external_coinc": None}
    event = {
        "time": time,
        "far": far,
        "significant": True,
        "instruments": list(instruments),
        "group": "CBC",
        "pipeline": pipeline,
        "search": "MDC" if name.startswith("MS") else "AllSky",
        "properties": {"HasNS": ns, "HasRemnant": ns, "HasMassGap": 0.0},
        "classification": classes or {"BNS": 1.0, "NSBH": 0.0, "BBH": 0.0, "Terrestrial": 0.0},
        "duration": None,
        "central_frequency": None,
        "skymap": base64.b64encode(sky).decode("ascii"),
    }
    return {**head, "event": event, "external_coinc": None}


def gbm(kind: str, packet: int, serial: int, made: str, position: tuple[float, float, float] | None) -> str:
    """A Fermi GBM notice as VOEvent 2.0."""
    ra, dec, error = position or (0.0, 0.0, 0.0)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.ivoa.net/xml/VOEvent/v2.0 http://www.ivoa.net/xml/VOEvent/VOEvent-v2.0.xsd"
  version="2.0" role="observation"
  ivorn="ivo://nasa.gsfc.gcn/Fermi#{kind}_2017-08-17T12:41:06.47_524666471_{serial}-529">
  <Who>
    <AuthorIVORN>ivo://nasa.gsfc.tan/gcn</AuthorIVORN>
    <Author><shortName>Fermi (Nuncius demo night)</shortName></Author>
    <Date>{made}</Date>
  </Who>
  <What>
    <Param name="Packet_Type" value="{packet}"/>
    <Param name="Pkt_Ser_Num" value="{serial}"/>
    <Param name="TrigID" value="524666471" ucd="meta.id"/>
    <Param name="Sequence_Num" value="{serial}" ucd="meta.id.part"/>
    <Param name="Burst_TJD" value="17982" unit="days" ucd="time"/>
    <Param name="Burst_SOD" value="45666.47" unit="sec" ucd="time"/>
    <Param name="Coords_Type" value="{1 if position else 0}" unit="dn"/>
    <Param name="Coords_String" value="{"source_object" if position else "undefined"}"/>
    <Group name="Trigger_ID">
      <Param name="Def_NOT_a_GRB" value="false"/>
      <Param name="Test_Submission" value="false"/>
    </Group>
  </What>
  <WhereWhen>
    <ObsDataLocation>
      <ObservatoryLocation id="GEOLUN"/>
      <ObservationLocation>
        <AstroCoordSystem id="UTC-FK5-GEO"/>
        <AstroCoords coord_system_id="UTC-FK5-GEO">
          <Time unit="s"><TimeInstant><ISOTime>2017-08-17T12:41:06.47</ISOTime></TimeInstant></Time>
          <Position2D unit="deg">
            <Name1>RA</Name1><Name2>Dec</Name2>
            <Value2><C1>{ra:.4f}</C1><C2>{dec:.4f}</C2></Value2>
            <Error2Radius>{error:.4f}</Error2Radius>
          </Position2D>
        </AstroCoords>
      </ObservationLocation>
    </ObsDataLocation>
  </WhereWhen>
  <How><Description>Fermi Satellite, GBM Instrument</Description></How>
</voe:VOEvent>
"""


def circular(number: int, created: str, event: str, subject: str, body: str) -> dict[str, Any]:
    """A circular with the fields of the GCN archive."""
    return {
        "circularId": number,
        "eventId": event,
        "subject": subject,
        "createdOn": round(Time(created.rstrip("Z"), scale="utc").unix * 1000),
        "submitter": REWORDED.format(number=number),
        "format": "text/plain",
        "body": body,
    }


CIRCULARS = {
    "07-circular-21505.json": circular(
        21505,
        "2017-08-17T13:21:42Z",
        "LIGO/Virgo G298048",
        "LIGO/Virgo G298048: a compact binary candidate two seconds before Fermi GBM trigger 524666471",
        "The online search gstlal found a candidate, G298048, in data of LIGO Hanford at 2017-08-17 12:41:04 UTC,\n"
        "about two seconds before the Fermi GBM trigger 524666471. Its false-alarm rate is about one in 10,000\n"
        "years. The signal looks like the merger of two neutron stars. Only one detector is in the search, so the\n"
        "position is poorly known.\n",
    ),
    "08-circular-21506.json": circular(
        21506,
        "2017-08-17T13:47:37Z",
        "LIGO/Virgo G298048",
        "LIGO/Virgo G298048: Fermi GBM trigger 170817.529 near the gravitational-wave candidate",
        "Fermi GBM triggered at 12:41:06.47 UT (trigger 524666471), about 2 s after the candidate of GCN 21505.\n"
        "The real-time data look like a weak short burst at RA, Dec = 176.8, -39.8 deg (J2000), with a statistical\n"
        "uncertainty of 11.6 deg (radius, 1 sigma).\n",
    ),
    "09-circular-21507.json": circular(
        21507,
        "2017-08-17T13:57:47Z",
        "LIGO/Virgo G298048",
        "LIGO/Virgo G298048: INTEGRAL SPI-ACS sees a prompt gamma-ray counterpart",
        "SPI-ACS on board INTEGRAL shows a short, weak excess with a signal-to-noise ratio of 4.6 in 0.1 s,\n"
        "coincident with the Fermi GBM trigger 524666471 (GCN 21506) and two seconds after G298048 (GCN 21505).\n",
    ),
    "13-circular-21520.json": circular(
        21520,
        "2017-08-17T20:00:07Z",
        "GRB 170817A",
        "GRB 170817A: Fermi GBM detection",
        "At 12:41:06.47 UT on 17 August 2017 Fermi GBM triggered on and located GRB 170817A (trigger 524666471 /\n"
        "170817529). The burst is short: T90 is 2.0 +/- 0.5 s (50-300 keV). Its fluence in 10-1000 keV over that\n"
        "interval is (2.8 +/- 0.2)E-07 erg/cm^2. The position is consistent with that of G298048 (GCN 21505).\n",
    ),
    "15-circular-21529.json": circular(
        21529,
        "2017-08-18T01:05:23Z",
        "LIGO/Virgo G298048",
        "LIGO/Virgo G298048: an optical transient, SSS17a, in NGC 4993",
        "Observing galaxies in the localization of G298048 (GCN 21513) with the Swope telescope we found a new\n"
        "source, SSS17a, at 2017-08-17 23:33 UTC, with i = 17.48 +/- 0.02 mag, at\n\n"
        "RA (J2000) = 13:09:48.085\nDec (J2000) = -23:22:53.343\n\n"
        "10.6 arcsec from the centre of NGC 4993. It is a candidate counterpart of the merger.\n",
    ),
    "16-circular-21547.json": circular(
        21547,
        "2017-08-18T05:46:33Z",
        "LIGO/Virgo G298048",
        "LIGO/Virgo G298048: spectrum of SSS17a and redshift of its host NGC 4993",
        "We took a spectrum of SSS17a (GCN 21529), the candidate counterpart of G298048. It is blue and smooth.\n"
        "From absorption lines of the host galaxy NGC 4993 we measure a redshift of z = 0.009783 +/- 0.000023,\n"
        "which puts it at about 40 Mpc, the distance that the gravitational waves give.\n",
    ),
}

BBH = {"BNS": 0.0, "NSBH": 0.03, "BBH": 0.91, "Terrestrial": 0.06}


def night() -> dict[str, bytes]:
    """File name to message, in order of arrival."""
    h1, hlv = hanford_map(), ellipse_map(196.3, -21.5, 152.0, 31.0, 7.3, (40.0, 8.0), finest=8)
    lalinference = ellipse_map(196.5, -22.0, 152.0, 34.0, 6.5, (40.0, 8.0), finest=8)
    far_away = ellipse_map(83.0, 12.0, 40.0, 420.0, 6.0, (1650.0, 480.0), finest=7)
    out_of_nowhere = lvk(
        "S170817zz",
        "PRELIMINARY",
        "2017-08-17T18:21:10Z",
        sky=far_away,
        time="2017-08-17T18:16:02.120Z",
        far=9.2e-9,
        classes=BBH,
        ns=0.02,
        instruments=("L1",),
        pipeline="pycbc",
    )
    mock = lvk("MS170817b", "PRELIMINARY", "2017-08-17T12:52:00Z", sky=hlv, time="2017-08-17T12:47:31.000Z")
    alerts = {
        "03-lvk-mock.json": mock,
        "04-lvk-mock-retraction.json": lvk("MS170817b", "RETRACTION", "2017-08-17T12:55:00Z"),
        "05-lvk-preliminary.json": lvk("G298048", "PRELIMINARY", "2017-08-17T13:08:16Z", sky=h1, instruments=("H1",)),
        "10-lvk-update.json": lvk("G298048", "UPDATE", "2017-08-17T17:54:51Z", sky=hlv),
        "11-lvk-other.json": out_of_nowhere,
        "12-lvk-other-retraction.json": lvk("S170817zz", "RETRACTION", "2017-08-17T19:02:45Z"),
        "14-lvk-update-2.json": lvk(
            "G298048", "UPDATE", "2017-08-17T23:54:40Z", sky=lalinference, pipeline="LALInference"
        ),
    }
    files = {name: json.dumps(alert).encode() for name, alert in alerts.items()}
    files |= {name: json.dumps(c, indent=1, ensure_ascii=False).encode() for name, c in CIRCULARS.items()}
    files["01-fermi-gbm-alert.xml"] = gbm("GBM_Alert", 110, 1, "2017-08-17T12:41:20", None).encode()
    files["02-fermi-gbm-gnd-pos.xml"] = gbm(
        "GBM_Gnd_Pos", 112, 44, "2017-08-17T12:41:44", (176.8, -39.8, 11.6)
    ).encode()
    files["06-heartbeat.json"] = json.dumps({"alert_datetime": "2017-08-17T13:10:00.000Z"}).encode()
    return dict(sorted(files.items()))


def main() -> None:
    """Write the night."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in night().items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
